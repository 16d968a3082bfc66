/**
 * The ports on AWS services. The only package that knows SDK clients, besides the handlers'
 * composition root.
 */
@NullMarked
package io.vmferry.functions.aws;

import org.jspecify.annotations.NullMarked;
