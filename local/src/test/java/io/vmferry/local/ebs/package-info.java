/** Contract tests of the EBS direct APIs with the AWS SDK's client. */
@NullMarked
package io.vmferry.local.ebs;

import org.jspecify.annotations.NullMarked;
