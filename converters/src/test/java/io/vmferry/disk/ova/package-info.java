/** Tests of OVA archives and OVF descriptors. */
@NullMarked
package io.vmferry.disk.ova;

import org.jspecify.annotations.NullMarked;
