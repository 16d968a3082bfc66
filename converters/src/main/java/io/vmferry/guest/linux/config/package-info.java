/** The list of a Linux guest's modifications that are not about booting. */
@NullMarked
package io.vmferry.guest.linux.config;

import org.jspecify.annotations.NullMarked;
