/** Functions in processes of their own, under AWS's runtime interface client. */
@NullMarked
package io.vmferry.local.isolated;

import org.jspecify.annotations.NullMarked;
