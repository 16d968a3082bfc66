/** What a task is: its request, its states, its disks. No I/O. */
@NullMarked
package io.vmferry.functions.task;

import org.jspecify.annotations.NullMarked;
