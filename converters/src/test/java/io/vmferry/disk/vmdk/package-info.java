@NullMarked
package io.vmferry.disk.vmdk;

import org.jspecify.annotations.NullMarked;
