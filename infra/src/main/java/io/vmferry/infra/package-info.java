/** The CDK app: what {@code cdk deploy} runs. */
@NullMarked
package io.vmferry.infra;

import org.jspecify.annotations.NullMarked;
