/** What the arguments of an import name: files, folders, objects and URLs. */
@NullMarked
package io.vmferry.cli.source;

import org.jspecify.annotations.NullMarked;
