/**
 * Virtual machines packed with their disks: OVA archives, and OVF descriptors with their files
 * beside them (DMTF DSP0243, "Open Virtualization Format Specification", 1.x and 2.x).
 *
 * <p>Read first: {@link io.vmferry.disk.ova.MachinePackage} and {@link
 * io.vmferry.disk.ova.OvfParser}.
 */
@NullMarked
package io.vmferry.disk.ova;

import org.jspecify.annotations.NullMarked;
