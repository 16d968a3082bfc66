/** The changes to a Linux guest's system other than its network, boot loader and initramfs. */
@NullMarked
package io.vmferry.guest.linux.system;

import org.jspecify.annotations.NullMarked;
