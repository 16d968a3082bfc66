/** Tests with the AWS SDK's client and over plain HTTP. */
@NullMarked
package io.vmferry.local.edge;

import org.jspecify.annotations.NullMarked;
