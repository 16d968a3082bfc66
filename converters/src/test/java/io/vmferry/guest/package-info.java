/** Tests of guests and what they share. */
@NullMarked
package io.vmferry.guest;

import org.jspecify.annotations.NullMarked;
