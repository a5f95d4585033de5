/** Listeners are woken on this channel when events have been committed. */
export const eventsChannel = 'artenic_events';
