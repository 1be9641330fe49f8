/**
 * Return the address without its origin when it is one of our server's.
 *
 * The server writes absolute addresses with the name it knows itself by; behind a proxy or under another name of the
 * same machine, the page's own origin is the one that works, and the only one its content security policy allows.
 */
export function localPath(address: string): string {
  const url = new URL(address, "http://local.invalid");
  return /^\/(api|files|uploads)\//.test(url.pathname) ? url.pathname + url.search : address;
}
