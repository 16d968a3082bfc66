/**
 * Random access to bytes wherever they are: files, parts of files, and caches over slow sources.
 */
@NullMarked
package io.vmferry.disk.io;

import org.jspecify.annotations.NullMarked;
