import { FastifyRequest, FastifyReply } from 'fastify';
import { UnauthorizedError, ForbiddenError } from '../utils/errors';
declare module 'fastify' { interface FastifyRequest { user?: { id: string; email: string; role: string } } }
export async function authHook(request: FastifyRequest, reply: FastifyReply) {
  const authHeader = request.headers.authorization;
  if (!authHeader || !authHeader.startsWith('Bearer ')) throw new UnauthorizedError('No token provided');
  const token = authHeader.substring(7);
  try { const payload = await request.server.jwt.verify(token); request.user = payload; } catch (error) { throw new UnauthorizedError('Invalid token'); }
}
export function authorize(...allowedRoles: string[]) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    if (!request.user) throw new ForbiddenError('Authentication required');
    if (!allowedRoles.includes(request.user.role)) throw new ForbiddenError('Insufficient permissions');
  };
}
