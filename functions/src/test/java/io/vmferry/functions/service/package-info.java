/** Tests of what the services decide by themselves. */
@NullMarked
package io.vmferry.functions.service;

import org.jspecify.annotations.NullMarked;
