export const link = {}
