/** uWSGI's exit code when the application cannot be loaded. */
export const failedAppCode = 22;
