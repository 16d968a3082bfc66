/** Tests of planning and converting. */
@NullMarked
package io.vmferry.disk.convert;

import org.jspecify.annotations.NullMarked;
