@NullMarked
package io.vmferry.disk.overlay;

import org.jspecify.annotations.NullMarked;
