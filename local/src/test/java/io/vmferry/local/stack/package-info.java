/** Tests of vmferry on the embedded AWS. */
@NullMarked
package io.vmferry.local.stack;

import org.jspecify.annotations.NullMarked;
