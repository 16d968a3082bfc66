/** What formats that map a disk in blocks of one size have in common. */
@NullMarked
package io.vmferry.disk.block;

import org.jspecify.annotations.NullMarked;
