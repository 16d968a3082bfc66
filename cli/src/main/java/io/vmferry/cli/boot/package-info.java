/** Booting an image in qemu, as EC2 would present it to its guest. */
@NullMarked
package io.vmferry.cli.boot;

import org.jspecify.annotations.NullMarked;
