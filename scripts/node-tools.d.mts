export function nodeTool(root: string, name: 'openapi-typescript'): string;
