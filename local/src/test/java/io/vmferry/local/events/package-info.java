/** Tests of the service. */
@NullMarked
package io.vmferry.local.events;

import org.jspecify.annotations.NullMarked;
