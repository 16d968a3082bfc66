/** Tests of policies. */
@NullMarked
package io.vmferry.local.iam;

import org.jspecify.annotations.NullMarked;
