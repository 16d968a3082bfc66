/** Tests of raw images. */
@NullMarked
package io.vmferry.disk.raw;

import org.jspecify.annotations.NullMarked;
