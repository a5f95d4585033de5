export const collectorScheduleId = 'collector';
