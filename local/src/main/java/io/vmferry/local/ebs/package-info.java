/**
 * The EBS direct APIs, strict: what EBS refuses, this refuses, with the same error. Snapshots live
 * in files of the state directory.
 */
@NullMarked
package io.vmferry.local.ebs;

import org.jspecify.annotations.NullMarked;
