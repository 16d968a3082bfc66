/** Raw images: the disk's bytes and nothing else. */
@NullMarked
package io.vmferry.disk.raw;

import org.jspecify.annotations.NullMarked;
