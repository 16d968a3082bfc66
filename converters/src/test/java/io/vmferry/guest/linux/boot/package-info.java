/** Tests of what makes a Linux guest boot. */
@NullMarked
package io.vmferry.guest.linux.boot;

import org.jspecify.annotations.NullMarked;
