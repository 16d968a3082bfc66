/** Tests of byte sources. */
@NullMarked
package io.vmferry.disk.io;

import org.jspecify.annotations.NullMarked;
