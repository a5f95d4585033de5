import { config } from 'zod';

// zod would try `new Function`, which the content security policy refuses and reports. Imported before any schema.
config({ jitless: true });
