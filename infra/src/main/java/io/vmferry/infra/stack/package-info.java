/** The two stacks of the CDK app. */
@NullMarked
package io.vmferry.infra.stack;

import org.jspecify.annotations.NullMarked;
