/**
 * The embedded AWS: the services this stack needs, on one port, with their state in a directory.
 */
@NullMarked
package io.vmferry.local;

import org.jspecify.annotations.NullMarked;
