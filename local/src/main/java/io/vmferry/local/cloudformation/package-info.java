/**
 * CloudFormation, as far as vmferry's stacks need it: reads what the CDK synthesized, and tells
 * what is to be deployed. What it does not know it refuses.
 */
@NullMarked
package io.vmferry.local.cloudformation;

import org.jspecify.annotations.NullMarked;
