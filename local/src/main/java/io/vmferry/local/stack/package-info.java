/** vmferry itself, deployed into the embedded AWS as the CDK app deploys it into a real one. */
@NullMarked
package io.vmferry.local.stack;

import org.jspecify.annotations.NullMarked;
