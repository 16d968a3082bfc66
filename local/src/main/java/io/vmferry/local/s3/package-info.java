/** S3: S3Proxy's handler over files of the state directory. */
@NullMarked
package io.vmferry.local.s3;

import org.jspecify.annotations.NullMarked;
