/** Inflates with the system's libdeflate where it is installed. */
@NullMarked
package io.vmferry.disk.deflate;

import org.jspecify.annotations.NullMarked;
