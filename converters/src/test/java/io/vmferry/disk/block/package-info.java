/** Tests of what block formats have in common. */
@NullMarked
package io.vmferry.disk.block;

import org.jspecify.annotations.NullMarked;
