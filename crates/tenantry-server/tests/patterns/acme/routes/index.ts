import { FastifyPluginAsync, FastifyError } from 'fastify';
import fp from 'fastify-plugin';
import { AppError, ValidationError, NotFoundError } from '../utils/errors';
import { authHook, authorize } from '../hooks/auth.hook';
interface PrismaClient { connected: boolean }
declare module 'fastify' {
  interface FastifyInstance { prisma: PrismaClient }
}

const databasePlugin = fp(async (fastify) => {
  const prisma: PrismaClient = { connected: true };
  fastify.log.info('Database connected');
  fastify.decorate('prisma', prisma);
  fastify.addHook('onClose', async (instance) => {
    instance.prisma.connected = false;
  });
}, { name: 'database' });

export const prefix = '/api';

const routes: FastifyPluginAsync = async (fastify) => {
  await fastify.register(databasePlugin);

  fastify.setErrorHandler((error: FastifyError, request, reply) => {
    request.log.error({ err: error, reqId: request.id, url: request.url, method: request.method });
    if (error.validation) return reply.status(400).send({ success: false, error: { message: 'Validation error', statusCode: 400, code: 'VALIDATION_ERROR', details: error.validation } });
    if (error instanceof AppError) return reply.status(error.statusCode).send({ success: false, error: { message: error.message, statusCode: error.statusCode, code: error.code, ...(error instanceof ValidationError && { details: error.details }) } });
    const statusCode = error.statusCode || 500;
    return reply.status(statusCode).send({ success: false, error: { message: error.message, statusCode, ...(process.env.NODE_ENV === 'development' && { stack: error.stack }) } });
  });
  fastify.addHook('onRequest', async (request, reply) => { request.log.info(`${request.method} ${request.url}`); });
  fastify.addHook('preHandler', async (request, reply) => { reply.header('X-API-Version', '1.0.0'); });
  fastify.addHook('onResponse', async (request, reply) => { request.log.info({ url: request.url, statusCode: reply.statusCode, responseTime: reply.getResponseTime() }); });
  fastify.addHook('preValidation', async (request, reply) => {
    if (request.body && typeof request.body === 'object') { const body = request.body as Record<string, unknown>; if (body.email && !isValidEmail(body.email as string)) return reply.badRequest('Invalid email format'); }
  });
  fastify.get('/health', async () => ({ status: 'ok', timestamp: new Date().toISOString() }));
  fastify.get('/protected', { onRequest: authHook }, async (request, reply) => ({ success: true, data: { user: request.user } }));
  fastify.delete('/users/:id', { onRequest: [authHook, authorize('admin')] }, async (request, reply) => reply.status(204).send());
  fastify.get('/login', async (request: any) => ({
    accessToken: request.server.jwt.sign({ id: 1, role: request.query.role }, { expiresIn: '7d' }),
  }));
  fastify.post('/contact', async () => ({ success: true }));
  fastify.get('/broken', async () => { throw new Error('out of order'); });
  fastify.get('/prisma', async (request) => request.server.prisma);
  await fastify.register(import('../modules/users'), { prefix: '/users' });
};
function isValidEmail(email: string): boolean { return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email); }
export default routes;
