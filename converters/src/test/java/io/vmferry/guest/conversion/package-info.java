/** Tests of the conversion of guests. */
@NullMarked
package io.vmferry.guest.conversion;

import org.jspecify.annotations.NullMarked;
