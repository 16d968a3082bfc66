@NullMarked
package io.vmferry.disk.partition;

import org.jspecify.annotations.NullMarked;
