/** Tests with the AWS SDK's client and over plain HTTP. */
@NullMarked
package io.vmferry.local.ec2;

import org.jspecify.annotations.NullMarked;
