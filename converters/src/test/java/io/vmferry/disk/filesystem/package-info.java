@NullMarked
package io.vmferry.disk.filesystem;

import org.jspecify.annotations.NullMarked;
