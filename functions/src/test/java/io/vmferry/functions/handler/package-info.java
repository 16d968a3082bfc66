/** Tests of the functions, by the JSON they are given and give. */
@NullMarked
package io.vmferry.functions.handler;

import org.jspecify.annotations.NullMarked;
