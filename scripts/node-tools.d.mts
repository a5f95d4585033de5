export function nodeTool(root: string, name: 'openapi-typescript' | 'azurite-blob'): string;
