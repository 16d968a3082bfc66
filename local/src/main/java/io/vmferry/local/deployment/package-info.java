/** What a deployment of vmferry consists of, however it was described. */
@NullMarked
package io.vmferry.local.deployment;

import org.jspecify.annotations.NullMarked;
