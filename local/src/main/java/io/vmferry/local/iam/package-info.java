/** IAM's policies: what a role may do, decided for each request as AWS decides it. */
@NullMarked
package io.vmferry.local.iam;

import org.jspecify.annotations.NullMarked;
