/** What the services share about keeping state in files. */
@NullMarked
package io.vmferry.local.state;

import org.jspecify.annotations.NullMarked;
