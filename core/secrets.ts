/** Masks credentials that third-party messages often quote: those inside URLs, and bearer tokens. */
export function maskCredentials(text: string): string {
  return text.replaceAll(/\/\/[^\s/@]*@/g, '//***@').replaceAll(/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, '$1 ***');
}
