import type { PageAsset } from '#lib/admin';

/** What `adminPage` makes of `admin/`: the files of the page, by name. */
export const assets: Readonly<Record<string, PageAsset>>;
