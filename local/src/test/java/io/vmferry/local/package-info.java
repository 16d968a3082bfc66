/** Tests of the embedded AWS with the AWS SDK's own clients. */
@NullMarked
package io.vmferry.local;

import org.jspecify.annotations.NullMarked;
