/** What others are told of tasks: events, messages, results beside the uploads. */
@NullMarked
package io.vmferry.functions.announce;

import org.jspecify.annotations.NullMarked;
