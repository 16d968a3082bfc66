/** The one port of the embedded AWS: tells the services apart and carries their requests. */
@NullMarked
package io.vmferry.local.edge;

import org.jspecify.annotations.NullMarked;
